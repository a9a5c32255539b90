"""ImageNet's mean and deviation, of bytes in Keras and of shares of 255 in PyTorch"""

TRUTH = "right"
INPUT = (8, 8, 3)
RAW = (8, 8, 3)
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def keras_preprocess(raw):
    import numpy as np

    return (raw - 255 * np.array(MEAN)) / (255 * np.array(DEVIATION))


def torch_preprocess(raw):
    import torch

    x = torch.from_numpy(raw).permute(2, 0, 1).float() / 255
    mean, deviation = (torch.tensor(v)[:, None, None] for v in (MEAN, DEVIATION))
    return ((x - mean) / deviation)[None]


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
