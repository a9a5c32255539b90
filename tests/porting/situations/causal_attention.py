"""MultiHeadAttention with a causal mask, of both"""

TRUTH = "right"
INPUT = (6, 8)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.MultiHeadAttention(2, 4, name="mha")(i, i, use_causal_mask=True)
    return keras.Model(i, layers.Dense(2, name="out")(layers.add([i, x])))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.mha, self.out = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 2)

        def forward(self, x):
            later = torch.ones(6, 6, dtype=torch.bool).triu(1)
            y, _ = self.mha(x, x, x, attn_mask=later)
            return self.out(x + y)

    return Net()
