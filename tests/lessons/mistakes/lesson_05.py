"""Typical wrong answers to the exercises of lesson 05: no check may accept one."""

LOSSES = (
    "def losses_by_hand(real_logits, fake_logits):\n"
    "    p_real, p_fake = sigmoid(real_logits), sigmoid(fake_logits)\n"
)
WALK = "def walk_on_sphere(z0, z1, t):\n"

MISTAKES = {
    1: [
        # the objective's own loss, which saturates
        LOSSES + "    d_loss = -np.log(p_real).mean() - np.log(1 - p_fake).mean()\n"
        "    return d_loss, np.log(1 - p_fake).mean()",
        # real and fake exchanged
        LOSSES + "    d_loss = -np.log(1 - p_real).mean() - np.log(p_fake).mean()\n"
        "    return d_loss, -np.log(1 - p_fake).mean()",
        # half of it: the mean over both
        LOSSES + "    d_loss = -np.log(p_real).mean() - np.log(1 - p_fake).mean()\n"
        "    return d_loss / 2, -np.log(p_fake).mean()",
        # sums
        LOSSES + "    d_loss = -np.log(p_real).sum() - np.log(1 - p_fake).sum()\n"
        "    return d_loss, -np.log(p_fake).sum()",
        # forgets the sigmoid
        "def losses_by_hand(real_logits, fake_logits):\n"
        "    return -real_logits.mean() + fake_logits.mean(), -fake_logits.mean()",
        # one of the two
        LOSSES + "    return -np.log(p_real).mean() - np.log(1 - p_fake).mean()",
    ],
    2: [
        # the straight line
        WALK + "    return (1 - t) * z0 + t * z1",
        # the other way round
        WALK + "    a = np.arccos(z0 @ z1)\n"
        "    return (np.sin(t * a) * z0 + np.sin((1 - t) * a) * z1) / np.sin(a)",
        # forgets to divide: right for a right angle, and for no other
        WALK + "    a = np.arccos(z0 @ z1 / np.linalg.norm(z0) / np.linalg.norm(z1))\n"
        "    return np.sin((1 - t) * a) * z0 + np.sin(t * a) * z1",
        # forgets the lengths
        WALK + "    a = np.arccos(z0 @ z1)\n"
        "    return (np.sin((1 - t) * a) * z0 + np.sin(t * a) * z1) / np.sin(a)",
        # the line, made as long as it should be
        WALK + "    z = (1 - t) * z0 + t * z1\n    return z / np.linalg.norm(z)",
    ],
    3: ['choice = "a"', 'choice = "c"', 'choice = "wins"'],
}
