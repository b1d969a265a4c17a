"""The measures of generated digits agree with what is known, and rank what is worse."""

import keras
import numpy as np
import pytest
from scipy import linalg

from utils import measures
from utils.digits import Digits
from utils.digits.drawing import draw_digits
from utils.saved_models import load_classifier


@pytest.fixture(scope="module")
def digits():
    return Digits(*draw_digits(9000, 0), *draw_digits(2000, 1), "drawn digits", "here")


@pytest.fixture(scope="module")
def classifier(digits, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_MODELS", str(tmp_path_factory.mktemp("none")))
        keras.utils.set_random_seed(0)
        return load_classifier(digits)


@pytest.fixture(scope="module")
def test_pictures(digits):
    return digits.x_test.astype("float32") / 255


@pytest.fixture(scope="module")
def real(digits, classifier):
    """Features of 2,000 training images: what all sets are measured against."""
    return measures.features_and_probs(
        classifier, digits.x_train[:2000] / np.float32(255)
    )[0]


@pytest.fixture(scope="module")
def floor(test_pictures, real, classifier):
    return measures.measure(test_pictures, real, classifier)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# pictures and features


def test_a_model_without_the_layers_is_refused():
    with pytest.raises(ValueError, match="'features'"):
        measures.features_and_probs(lambda images: images, np.zeros((2, 28, 28)))


def test_pictures_are_scaled_and_shaped(rng):
    flat = rng.uniform(-1, 1, (3, 784)).astype("float32")
    before = flat.copy()
    pictures = measures.to_unit_range(flat)
    assert pictures.shape == (3, 28, 28) and pictures.dtype == np.float32
    assert 0 <= pictures.min() and pictures.max() <= 1
    np.testing.assert_allclose(pictures.reshape(3, 784), (flat + 1) / 2, atol=1e-6)
    shaped = flat.reshape(3, 28, 28)
    for again in (shaped, shaped[..., None], keras.ops.convert_to_tensor(flat)):
        np.testing.assert_array_equal(measures.to_unit_range(again), pictures)
    np.testing.assert_array_equal(flat, before)


def test_features_are_those_of_the_layers(classifier, test_pictures):
    images = test_pictures[:700, ..., None]  # two batches
    before = images.copy()
    features, probs = measures.features_and_probs(classifier, images)
    assert features.dtype == probs.dtype == np.float32
    assert features.shape == (700, 128) and features.min() >= 0
    kernel, bias = classifier.get_layer("logits").get_weights()
    logits = features @ kernel + bias
    np.testing.assert_allclose(
        probs, np.array(keras.ops.softmax(logits)), rtol=1e-3, atol=1e-5
    )
    direct = classifier(images[600:610])
    np.testing.assert_allclose(logits[600:610], direct, rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize(
    "images, message",
    [
        (np.zeros((2, 784)), r"shape \(2, 784\)"),
        (np.zeros((0, 28, 28)), r"shape \(0, 28, 28\)"),
        (np.zeros((2, 28, 28), np.uint8), "images of uint8; floats"),
        (np.full((2, 28, 28), -1.0), r"from -1 to -1; \[0, 1\]"),
        (np.full((2, 28, 28), np.nan), r"nan; \[0, 1\]"),
    ],
)
def test_what_are_no_images_is_refused(classifier, images, message):
    with pytest.raises(ValueError, match=message):
        measures.features_and_probs(classifier, images)
    with pytest.raises(ValueError, match=message):
        measures.nearest_neighbors(images, np.zeros((3, 28, 28)))
    with pytest.raises(ValueError, match=message):
        measures.nearest_neighbors(np.zeros((3, 28, 28)), images)


@pytest.mark.parametrize(
    "images, message",
    [
        (np.zeros(784), r"shape \(784,\)"),
        (np.full((2, 784), 255.0), r"255; \[-1, 1\]"),
    ],
)
def test_what_is_no_generator_output_is_refused(images, message):
    with pytest.raises(ValueError, match=message):
        measures.to_unit_range(images)


# Fréchet distance


def test_frechet_agrees_with_scipys_root():
    rng = np.random.default_rng(2)
    a, b = (rng.normal(size=(300, 6)) @ rng.normal(size=(6, 6)) for _ in range(2))
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(
        cov_a + cov_b - 2 * linalg.sqrtm(cov_a @ cov_b).real
    )
    for pair in [(a, b), (b, a)]:
        assert measures.frechet_distance(*pair) == pytest.approx(expected, rel=1e-6)


def test_frechet_bears_features_that_are_always_zero(rng):
    a, b = rng.normal(size=(2, 400, 3))
    b = b + [2, 0, 0]
    wide_a, wide_b = (np.hstack([x, np.zeros((400, 20))]) for x in (a, b))
    found = measures.frechet_distance(wide_a, wide_b)
    assert found == pytest.approx(measures.frechet_distance(a, b), rel=1e-9)


def test_frechet_of_one_dimension(rng):
    a = rng.normal(size=(100, 1))
    assert measures.frechet_distance(a, a + 2) == pytest.approx(4)


def test_frechet_of_few_samples_comes_out_too_high():
    """The bias that docstring and lesson state: 0 is right, few samples give more."""

    def mean_distance(distance, count):
        rng = np.random.default_rng(3)
        return np.mean([distance(*rng.normal(size=(2, count, 10))) for _ in range(20)])

    biased = [mean_distance(measures.frechet_distance, n) for n in (50, 200, 800)]
    assert biased[0] > 2 * biased[1] > 4 * biased[2] > 0
    unbiased = [mean_distance(measures.kernel_distance, n) for n in (50, 200)]
    assert np.abs(unbiased).max() < 0.02


# kernel distance


def test_kernel_distance_is_the_sum_over_all_pairs(rng, monkeypatch):
    a, b = rng.normal(size=(7, 3)), rng.normal(size=(5, 3)) + 1

    def mean_kernel(x, y, same):
        return np.mean(
            [
                (p @ q / 3 + 1) ** 3
                for i, p in enumerate(x)
                for j, q in enumerate(y)
                if not (same and i == j)
            ]
        )

    expected = mean_kernel(a, a, True) + mean_kernel(b, b, True)
    expected -= 2 * mean_kernel(a, b, False)
    assert measures.kernel_distance(a, b) == pytest.approx(expected)
    monkeypatch.setattr(measures, "CHUNK", 2)
    assert measures.kernel_distance(a, b) == pytest.approx(expected)


# precision and recall


@pytest.mark.parametrize(
    "real, fake, k, expected",
    [
        # balls of 1, 1, 1, 8 around the real ones, of 5.5, 5.5, 27.5 around the fakes
        ([0, 1, 2, 10], [2.5, -3, 30], 1, (1 / 3, 1)),
        ([1] * 9, [1] * 9, 3, (1, 1)),
        (range(9), range(100, 109), 3, (0, 0)),
    ],
    ids=["by hand", "copies of one point", "far away"],
)
def test_precision_and_recall_count_the_points_in_balls(real, fake, k, expected):
    real, fake = (np.array(values, float)[:, None] for values in (real, fake))
    assert measures.manifold_precision_recall(real, fake, k=k) == expected


@pytest.mark.parametrize("k", [0, 2.0, True])
def test_k_is_a_whole_number_from_one(k):
    with pytest.raises(ValueError, match="k is .* a whole number of 1 or more"):
        measures.manifold_precision_recall(np.eye(5), np.eye(5), k)


@pytest.mark.parametrize(
    "a, b, message",
    [
        (np.zeros(5), np.zeros((5, 2)), "1D array"),
        (np.zeros((5, 2)), np.zeros((1, 2)), r"shape=\(1, 2\)"),
        (np.zeros((5, 0)), np.zeros((5, 0)), r"shape=\(5, 0\)"),
        (np.zeros((5, 2)), np.zeros((5, 3)), "== 2 .* == 3"),
        (np.zeros((5, 2)), np.full((5, 2), np.inf), "infinity"),
    ],
)
def test_what_is_no_pair_of_sets_is_refused(a, b, message):
    for name in ("frechet_distance", "kernel_distance", "manifold_precision_recall"):
        with pytest.raises(ValueError, match=message):
            getattr(measures, name)(a, b)


# classes


def test_fractions_count_answers():
    probs = np.array([[0.6, 0.4, 0], [0.1, 0.9, 0], [0.4, 0.6, 0], [0, 1, 0]])
    np.testing.assert_array_equal(measures.class_fractions(probs), [0.25, 0.75, 0])


@pytest.mark.parametrize("probs", [np.ones((2, 3)), -np.eye(3), [0.5, 0.5], [[]]])
def test_what_are_no_probabilities_is_refused(probs):
    with pytest.raises(ValueError, match="probs"):
        measures.class_fractions(probs)


@pytest.mark.parametrize("fractions", [[0.5, 0.4], [1.5, -0.5], [[1.0]], [np.nan, 1]])
def test_what_are_no_fractions_is_refused(fractions):
    with pytest.raises(ValueError, match="fractions"):
        measures.effective_classes(fractions)


# neighbours


def test_nearest_finds_what_a_search_finds(rng):
    images, pool = (rng.random((n, 28, 28)) for n in (6, 40))
    images = np.concatenate([images, pool[[4, 17]]])
    all_pairs = np.sqrt(((images[:, None] - pool) ** 2).sum(axis=(2, 3)))
    index, distance = measures.nearest_neighbors(images, pool[..., None])
    np.testing.assert_array_equal(index, all_pairs.argmin(axis=1))
    np.testing.assert_allclose(distance, all_pairs.min(axis=1), rtol=1e-6)
    assert list(distance[-2:]) == [0, 0]


# all together


def test_real_digits_are_near_real_digits(floor):
    assert floor["samples"] == 2000
    assert floor["precision"] > 0.7 and floor["recall"] > 0.7
    assert floor["effective classes"] > 9.5 and 0.05 < floor["rarest class"] <= 0.1
    assert abs(floor["kernel distance"]) < 0.1


def test_dropped_classes_show(floor, digits, test_pictures, real, classifier):
    few = measures.measure(test_pictures[digits.y_test < 5], real, classifier)
    assert few["digit FID"] > 5 * floor["digit FID"]
    assert few["kernel distance"] > floor["kernel distance"] + 0.01
    assert few["recall"] < floor["recall"] - 0.1
    assert few["precision"] > few["recall"]
    assert few["effective classes"] < 7 and few["rarest class"] < 0.05


def test_blur_shows(floor, test_pictures, real, classifier):
    shifted = [np.roll(test_pictures, s, axis=(1, 2)) for s in (-2, -1, 0, 1, 2)]
    blurred = measures.measure(np.mean(shifted, axis=0), real, classifier)
    assert blurred["digit FID"] > 2 * floor["digit FID"]
    assert blurred["precision"] < floor["precision"]


def test_noise_is_worse_than_all(floor, real, classifier, rng):
    noise = measures.measure(rng.random((500, 28, 28)), real, classifier)
    assert noise["digit FID"] > 20 * floor["digit FID"]
    assert noise["precision"] < floor["precision"] and noise["recall"] < 0.1


def test_faint_pictures_do_not_pass_for_real(test_pictures, real, classifier):
    """Their features are short, and unscaled they lie in balls of real ones."""
    faint = test_pictures[:500] * np.float32(0.02)
    unscaled, _ = measures.features_and_probs(classifier, faint)
    assert measures.measure(faint, real, classifier)["precision"] < 0.3
    assert np.linalg.norm(unscaled, axis=1).max() < np.linalg.norm(real, axis=1).min()


def test_features_may_stand_for_pictures(digits, test_pictures, real, classifier):
    pictures = digits.x_train[:2000] / np.float32(255)
    by_pictures = measures.measure(test_pictures[:300], pictures, classifier)
    by_features = measures.measure(test_pictures[:300], real, classifier)
    assert by_pictures == pytest.approx(by_features)
