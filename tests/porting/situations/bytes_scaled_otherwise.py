"""bytes become -1 to 1 in Keras, and 0 to 1 by ToTensor in PyTorch"""

TRUTH = "wrong"
PLACE = "preprocess"
CAUSE = "preprocessing, its scale"
CAUSES = ("preprocessing_scale",)
INPUT = (8, 8, 3)
RAW = (8, 8, 3)


def keras_preprocess(raw):
    return raw / 127.5 - 1


def torch_preprocess(raw):
    import torch

    return torch.from_numpy(raw).permute(2, 0, 1).float() / 255


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
