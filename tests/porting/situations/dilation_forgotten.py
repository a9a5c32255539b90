"""the dilation was lost, and padding hides it"""

TRUTH = "wrong"
PLACE = "c"
CAUSE = "dilation"
CAUSES = ("dilation",)
INPUT = (9, 9, 2)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, dilation_rate=2, padding="same", activation="relu", name="c"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.out = nn.Conv2d(2, 4, 3, padding="same"), nn.Linear(4, 2)

        def forward(self, x):
            return self.out(F.relu(self.c(x)).amax((2, 3)))

    return Net()
