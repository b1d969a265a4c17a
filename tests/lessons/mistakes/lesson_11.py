"""Typical wrong answers to the exercises of lesson 11: no check may accept one."""

BUILD = "my_denoiser = keras.Sequential(build_halves(128, 128))\n"
COMPILE = "my_denoiser.compile(optimizer=keras.optimizers.Adam(0.002), loss='mse')\n"
FIT = (
    "my_denoiser.fit(add_noise(x_train), x_train, "
    "epochs=EPOCHS, batch_size=128, verbose=0)\n"
)
LOSS = (
    "def my_loss(images, pictures, mean, log_var, beta):\n"
    "    squares = keras.ops.sum((images - pictures) ** 2, axis=(1, 2))\n"
    "    kl = keras.ops.sum(kl_per_number(mean, log_var), axis=1)\n"
    "    return keras.ops.mean(squares + beta * kl)\n"
)
PER_INK = 'known["error"]'

MISTAKES = {
    1: [
        # never met noise
        "my_denoiser = autoencoder_32",
        # knows the clean digits
        "def my_denoiser(noisy):\n    return x_val\n",
        # never trained
        BUILD,
        BUILD + COMPILE,
        # learns to give clean digits back
        BUILD
        + COMPILE
        + FIT.replace("add_noise(x_train), x_train", "x_train, x_train"),
        # learns to give the noise back
        BUILD
        + COMPILE
        + "some = add_noise(x_train)\n"
        + FIT.replace("add_noise(x_train), x_train", "some, some"),
        # targets out of step with the noisy digits
        BUILD + COMPILE + FIT.replace("), x_train", "), x_train[::-1]"),
        # what fit returns is not the model
        BUILD + COMPILE + "my_denoiser = " + FIT,
    ],
    2: [
        # a mean over the pixels
        LOSS.replace("sum((images", "mean((images"),
        # a mean over the numbers of the code
        LOSS.replace("sum(kl_per", "mean(kl_per"),
        # mean and log variance exchanged
        LOSS.replace("kl_per_number(mean, log_var)", "kl_per_number(log_var, mean)"),
        # a sum over the digits
        LOSS.replace("keras.ops.mean(squares", "keras.ops.sum(squares"),
        # forgets beta
        LOSS.replace("beta * kl", "kl"),
        # weighs the pixels instead
        LOSS.replace("squares + beta * kl", "beta * squares + kl"),
        # rewards clouds far away
        LOSS.replace("+ beta", "- beta"),
        # one loss per digit
        LOSS.replace("keras.ops.mean(squares + beta * kl)", "squares + beta * kl"),
    ],
    3: ['choice = "b"', 'choice = "c"', 'choice = "beta"'],
    4: [
        # refuses every picture
        "my_threshold = 0",
        # refuses none
        "my_threshold = 1000",
        # the wrong end of the digits
        f"my_threshold = np.quantile({PER_INK}[:TRIED], 0.05)",
        # half of the digits
        f"my_threshold = np.median({PER_INK}[:TRIED])",
        # of the others
        f"my_threshold = np.quantile({PER_INK}[TRIED:], 0.95)",
        # of another doubt
        'my_threshold = np.quantile(known["confidence"][:TRIED], 0.95)',
    ],
}
