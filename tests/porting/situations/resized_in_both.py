"""one interpolation on half pixels in both, scaled before it in one and behind it in the other"""

TRUTH = "right"
INPUT = (8, 8, 3)
RAW = (20, 24, 3)


def keras_preprocess(raw):
    import keras

    x = keras.ops.image.resize(keras.ops.cast(raw, "float32"), (8, 8), interpolation="bilinear")
    return x / 255


def torch_preprocess(raw):
    import torch
    from torch.nn import functional

    x = torch.from_numpy(raw).permute(2, 0, 1).float()[None] / 255
    return functional.interpolate(x, (8, 8), mode="bilinear", align_corners=False)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, activation="relu", name="c"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
    )
