"""one table for input and output in Keras, two in PyTorch"""

TRUTH = "wrong"
PLACE = ("o", "e")
CAUSE = "tied on one side"
CAUSES = ("tied",)
INPUT = (6,)
TOKENS = 10


def keras_model():
    import keras
    from keras import layers

    class Tied(keras.Model):
        def __init__(self):
            super().__init__()
            self.e = layers.Embedding(TOKENS, 4, name="e")
            self.h = layers.Dense(4, activation="tanh", name="h")

        def call(self, x):
            return self.h(self.e(x)) @ keras.ops.transpose(self.e.embeddings)

    return Tied()


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.h, self.o = (
                nn.Embedding(TOKENS, 4),
                nn.Linear(4, 4),
                nn.Linear(4, TOKENS, bias=False),
            )

        def forward(self, x):
            return self.o(torch.tanh(self.h(self.e(x))))

    return Net()
