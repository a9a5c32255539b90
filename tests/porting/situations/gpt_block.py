"""GPT: normalisation first, a causal mask, one table for words in and out"""

TRUTH = "right"
INPUT = (6,)
TOKENS = 15


def keras_model():
    import keras
    from keras import layers

    class GPT(keras.Model):
        def __init__(self):
            super().__init__()
            self.wte = layers.Embedding(TOKENS, 8, name="wte")
            self.wpe = layers.Embedding(6, 8, name="wpe")
            self.ln1, self.ln2, self.ln3 = (
                layers.LayerNormalization(epsilon=1e-5, name=f"ln{n}") for n in (1, 2, 3)
            )
            self.attention = layers.MultiHeadAttention(2, 4, name="attention")
            self.up, self.down = layers.Dense(16, name="up"), layers.Dense(8, name="down")

        def call(self, words):
            x = self.wte(words) + self.wpe(keras.ops.arange(6))
            y = self.ln1(x)
            x = x + self.attention(y, y, use_causal_mask=True)
            x = x + self.down(keras.activations.gelu(self.up(self.ln2(x)), approximate=True))
            return self.ln3(x) @ keras.ops.transpose(self.wte.embeddings)

    return GPT()


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.wte, self.wpe = nn.Embedding(TOKENS, 8), nn.Embedding(6, 8)
            self.ln1, self.ln2, self.ln3 = nn.LayerNorm(8), nn.LayerNorm(8), nn.LayerNorm(8)
            self.c_attn, self.c_proj = nn.Linear(8, 24), nn.Linear(8, 8)
            self.mlp = nn.Sequential(nn.Linear(8, 16), nn.GELU("tanh"), nn.Linear(16, 8))
            self.head = nn.Linear(8, TOKENS, bias=False)
            self.head.weight = self.wte.weight

        def forward(self, words):
            x = self.wte(words) + self.wpe(torch.arange(6))
            q, k, v = self.c_attn(self.ln1(x)).split(8, dim=2)
            q, k, v = (z.view(-1, 6, 2, 4).transpose(1, 2) for z in (q, k, v))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.c_proj(y.transpose(1, 2).reshape(-1, 6, 8))
            return self.head(self.ln3(x + self.mlp(self.ln2(x))))

    return Net()
