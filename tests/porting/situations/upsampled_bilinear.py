"""nearest in Keras, bilinear in the port"""

TRUTH = "wrong"
PLACE = ("up", "between", "c2")
CAUSE = "interpolation of the upsampling"
CAUSES = ("interpolation",)
INPUT = (5, 5, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, activation="relu", name="c1"),
            layers.UpSampling2D(2, name="up"),
            layers.Conv2D(2, 3, name="c2"),
            layers.GlobalMaxPooling2D(),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c1, self.c2 = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3)
            self.up = nn.Upsample(scale_factor=2, mode="bilinear")

        def forward(self, x):
            return self.c2(self.up(F.relu(self.c1(x)))).amax((2, 3))

    return Net()
