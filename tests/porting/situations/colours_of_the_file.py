"""blue first and a mean taken off in Keras, as its old networks want it; red first in PyTorch"""

TRUTH = "wrong"
PLACE = "preprocess"
CAUSE = "preprocessing, order of the colours and scale"
CAUSES = ("preprocessing_channels", "preprocessing_scale")
INPUT = (8, 8, 3)
RAW = (8, 8, 3)


def keras_preprocess(raw):
    import keras

    return keras.applications.imagenet_utils.preprocess_input(raw[None].astype("float32"))[0]


def torch_preprocess(raw):
    import torch

    return torch.from_numpy(raw.transpose(2, 0, 1)).float() / 255


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
