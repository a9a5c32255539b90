"""a vision transformer whose query, key and value are one matrix in PyTorch"""

TRUTH = "right"
INPUT = (8, 8, 3)
LOSS = "categorical_crossentropy"


def keras_model():
    import keras
    from keras import layers, ops

    class ClassToken(layers.Layer):
        def build(self, shape):
            self.token = self.add_weight(shape=(1, 1, shape[-1]), name="token")
            self.position = self.add_weight(shape=(1, shape[1] + 1, shape[-1]), name="position")

        def call(self, x):
            return (
                ops.concatenate([ops.repeat(self.token, ops.shape(x)[0], axis=0), x], 1)
                + self.position
            )

    i = keras.Input(INPUT)
    x = ClassToken()(layers.Reshape((4, 8))(layers.Conv2D(8, 4, strides=4)(i)))
    for _ in range(2):
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        x = x + layers.MultiHeadAttention(2, 4)(y, y)
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        x = x + layers.Dense(8)(layers.Dense(12, activation="gelu")(y))
    return keras.Model(i, layers.Dense(3)(layers.LayerNormalization(epsilon=1e-6)(x)[:, 0]))


def torch_model():
    import torch
    from torch import nn

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv, self.proj = nn.Linear(8, 24), nn.Linear(8, 8)

        def forward(self, x):
            b, n, _c = x.shape
            q, k, v = self.qkv(x).reshape(b, n, 3, 2, 4).permute(2, 0, 3, 1, 4)
            a = (torch.einsum("bhqd,bhkd->bhqk", q, k) * 4**-0.5).softmax(-1)
            return self.proj(torch.einsum("bhqk,bhkd->bqhd", a, v).flatten(2))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.attn, self.norm2 = (
                nn.LayerNorm(8, 1e-6),
                Attention(),
                nn.LayerNorm(8, 1e-6),
            )
            self.mlp = nn.Sequential(nn.Linear(8, 12), nn.GELU(), nn.Linear(12, 8))

        def forward(self, x):
            x = x + self.attn(self.norm1(x))
            return x + self.mlp(self.norm2(x))

    class ViT(nn.Module):
        def __init__(self):
            super().__init__()
            self.patch = nn.Conv2d(3, 8, 4, 4)
            self.cls_token, self.pos_embed = (
                nn.Parameter(torch.randn(1, 1, 8)),
                nn.Parameter(torch.randn(1, 5, 8)),
            )
            self.blocks = nn.Sequential(Block(), Block())
            self.norm, self.head = nn.LayerNorm(8, 1e-6), nn.Linear(8, 3)

        def forward(self, x):
            x = self.patch(x).flatten(2).transpose(1, 2)
            x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), 1) + self.pos_embed
            return self.head(self.norm(self.blocks(x))[:, 0])

    return ViT()
