"""every word sees the words that follow"""

TRUTH = "wrong"
PLACE = ("mha", "attention")
CAUSE = "causal mask missing"
CAUSES = ("attention_mask",)
INPUT = (6, 8)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.MultiHeadAttention(2, 4, name="mha")(i, i, use_causal_mask=True)
    return keras.Model(i, layers.Dense(2, name="out")(layers.add([i, x])))


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.mha, self.out = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 2)

        def forward(self, x):
            return self.out(x + self.mha(x, x, x, need_weights=False)[0])

    return Net()
