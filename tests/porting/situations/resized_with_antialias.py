"""images are made smaller with antialias in PyTorch alone"""

TRUTH = "wrong"
PLACE = "preprocess"
CAUSE = "preprocessing, interpolation of the resize"
CAUSES = ("preprocessing_resize",)
INPUT = (8, 8, 3)
RAW = (20, 24, 3)


def keras_preprocess(raw):
    import keras

    x = keras.ops.cast(raw, "float32") / 255
    return keras.ops.image.resize(x, (8, 8), interpolation="bilinear")


def torch_preprocess(raw):
    import torch
    from torch.nn import functional

    x = torch.from_numpy(raw).permute(2, 0, 1).float()[None] / 255
    return functional.interpolate(x, (8, 8), mode="bilinear", antialias=True)


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
