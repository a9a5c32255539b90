"""DeepFM: a linear part, products of pairs and a deep part on one table of embeddings"""

TRUTH = "right"
LOSS = "binary_crossentropy"
INPUT = {"fields": (3,), "price": (2,)}
TOKENS = {"fields": 12}


def keras_model():
    import keras
    from keras import layers

    fields, price = keras.Input((3,), name="fields", dtype="int32"), keras.Input((2,), name="price")
    e = layers.Embedding(12, 4, name="factors")(fields)
    first = keras.ops.sum(layers.Embedding(12, 1, name="linear")(fields), axis=1)
    first = first + layers.Dense(1, name="dense_linear")(price)
    sums = keras.ops.square(keras.ops.sum(e, axis=1)) - keras.ops.sum(keras.ops.square(e), axis=1)
    second = keras.ops.sum(sums, axis=1, keepdims=True) / 2
    deep = layers.concatenate([layers.Flatten()(e), price])
    for n in (1, 2):
        deep = layers.Dropout(0.2)(layers.Dense(8, activation="relu", name=f"deep{n}")(deep))
    deep = layers.Dense(1, use_bias=False, name="top")(deep)
    logit = first + second + deep
    return keras.Model({"fields": fields, "price": price}, layers.Activation("sigmoid")(logit))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.factors, self.linear = nn.Embedding(12, 4), nn.Embedding(12, 1)
            self.dense_linear = nn.Linear(2, 1)
            self.deep = nn.Sequential(
                nn.Linear(14, 8),
                nn.ReLU(),
                nn.Dropout(0.2),
                nn.Linear(8, 8),
                nn.ReLU(),
                nn.Dropout(0.2),
                nn.Linear(8, 1, bias=False),
            )

        def forward(self, fields, price):
            e = self.factors(fields)
            pairs = sum((e[:, a] * e[:, b]).sum(1) for a, b in ((0, 1), (0, 2), (1, 2)))
            logit = self.linear(fields).sum(1) + self.dense_linear(price) + pairs.unsqueeze(1)
            return torch.sigmoid(logit + self.deep(torch.cat([e.flatten(1), price], 1)))

    return Net()
