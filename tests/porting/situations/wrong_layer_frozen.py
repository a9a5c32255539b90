"""of two layers of one shape, the first is frozen in Keras and the second in PyTorch"""

TRUTH = "wrong"
PLACE = ("a", "b")
CAUSE = "frozen on one side"
CAUSES = ("frozen",)
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(6, activation="tanh", trainable=False, name="a"),
            layers.Dense(6, activation="tanh", name="b"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.out = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 2)
            self.b.requires_grad_(False)

        def forward(self, x):
            return self.out(torch.tanh(self.b(torch.tanh(self.a(x)))))

    return Net()
