"""Typical wrong answers to the exercises of lesson 05: no check may accept one."""

STEP = (
    "def my_generator_step(gan, z):\n"
    "    with tf.GradientTape() as tape:\n"
    "        fake = gan.generator(z, training=True)\n"
    "        fake_logits = gan.discriminator(fake, training=True)\n"
    "        loss = bce(tf.ones_like(fake_logits), fake_logits)\n"
    "    weights = gan.generator.trainable_variables\n"
    "    gradients = tape.gradient(loss, weights)\n"
    "    gan.g_optimizer.apply(gradients, weights)\n"
    '    return {"g_loss": loss}\n'
)

MISTAKES = {
    1: [
        # updates the discriminator's weights
        STEP.replace("gan.generator.trainable", "gan.discriminator.trainable").replace(
            "g_optimizer", "d_optimizer"
        ),
        # labels of the discriminator's half
        STEP.replace("tf.ones_like", "tf.zeros_like"),
        # the gradient is stopped: the fakes leave the tape as NumPy
        STEP.replace(
            "training=True)\n        fake_logits",
            "training=True).numpy()\n        fake_logits",
        ),
        # the fakes are made before the tape
        "def my_generator_step(gan, z):\n"
        "    fake = gan.generator(z, training=True)\n"
        "    with tf.GradientTape() as tape:\n"
        "        fake_logits = gan.discriminator(fake, training=True)\n"
        "        loss = bce(tf.ones_like(fake_logits), fake_logits)\n"
        "    weights = gan.generator.trainable_variables\n"
        "    gan.g_optimizer.apply(tape.gradient(loss, weights), weights)\n"
        '    return {"g_loss": loss}',
        # gradients are found and not applied
        STEP.replace("    gan.g_optimizer.apply(gradients, weights)\n", ""),
    ],
    2: [
        "my_g_rate = 0.001",
        "my_g_rate = 0.0015",
        "my_g_rate = 0",
        'my_g_rate = "0.02"',
    ],
    3: ['choice = "a"', 'choice = "c"', 'choice = "longer"'],
}
