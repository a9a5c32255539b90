"""scale=False against a weight of ones that nobody trains"""

TRUTH = "right"
INPUT = (7, 7, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, use_bias=False, name="c"),
            layers.BatchNormalization(scale=False, name="bn"),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    bn = nn.BatchNorm2d(4, eps=1e-3, momentum=0.01)
    bn.weight.requires_grad_(False)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, bias=False),
        bn,
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 2),
    )
