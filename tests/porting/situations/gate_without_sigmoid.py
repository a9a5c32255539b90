"""the sigmoid of a gate is missing"""

TRUTH = "wrong"
PLACE = ("gate",)
CAUSE = "the sigmoid of a gate is missing"
CAUSES = ("activation_missing",)
INPUT = (8, 8, 3)
LOSS = "categorical_crossentropy"


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Conv2D(8, 3, activation="relu", name="stem")(i)
    s = layers.GlobalAveragePooling2D()(x)
    s = layers.Dense(2, activation="relu", name="squeeze")(s)
    s = layers.Dense(8, activation="sigmoid", name="gate")(s)
    x = layers.Multiply()([x, layers.Reshape((1, 1, 8))(s)])
    return keras.Model(i, layers.Dense(2, name="out")(layers.GlobalMaxPooling2D()(x)))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.fc1, self.fc2, self.out = (
                nn.Conv2d(3, 8, 3),
                nn.Linear(8, 2),
                nn.Linear(2, 8),
                nn.Linear(8, 2),
            )

        def forward(self, x):
            x = F.relu(self.stem(x))
            s = self.fc2(F.relu(self.fc1(x.mean((2, 3)))))
            return self.out((x * s[..., None, None]).flatten(2).max(2).values)

    return Net()
