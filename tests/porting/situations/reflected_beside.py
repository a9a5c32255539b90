"""padding of zeros for a border that is reflected beside the layer"""

TRUTH = "wrong"
PLACE = ("conv",)
CAUSE = "padding of zeros for a border that is reflected beside the layer"
CAUSES = ("padding_mode",)
INPUT = (8, 8, 2)


def keras_model():
    import keras
    from keras import layers, ops

    class Reflect(layers.Layer):
        def call(self, x):
            return ops.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")

    return keras.Sequential(
        [
            keras.Input(INPUT),
            Reflect(),
            layers.Conv2D(3, 5, name="conv"),
            layers.ReLU(),
            layers.Conv2D(1, 1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(
        nn.Identity(), nn.Conv2d(2, 3, 5, padding=2), nn.ReLU(), nn.Conv2d(3, 1, 1)
    )
