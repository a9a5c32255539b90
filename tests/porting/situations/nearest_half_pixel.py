"""nearest neighbours at a factor that is no whole number"""

TRUTH = "wrong"
PLACE = ("interpolate", "resize", "between", "c2")
CAUSE = "half pixels"
CAUSES = ("resize_grid",)
INPUT = (6, 6, 3)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Conv2D(4, 3, padding="same", name="c1")(i)
    x = keras.ops.image.resize(x, (10, 10), interpolation="nearest")
    return keras.Model(i, layers.Conv2D(2, 3, name="c2")(x))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c1, self.c2 = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 2, 3)

        def forward(self, x):
            return self.c2(F.interpolate(self.c1(x), size=(10, 10))).permute(0, 2, 3, 1)

    return Net()
