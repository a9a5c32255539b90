"""What Keras computes with, a file each: the same names in all of them.

`prepare(rules)` sets what a regime asks of the whole process, or raises NotImplementedError;
`densified(gradient)` is it as one tensor, an embedding's too; `Feed(take, batch_size)` feeds `fit`
as that of `feed` does; `synchronize(device)` waits until the device has finished all it was given;
`peak_bytes(device)` is the most memory taken there, or None where that is not told;
`runtime()` gives `versions`, `devices` and `threads` as read back; `TUNED`, where there is one,
names the module of what a tuned step does: `compiled`, `fit`, `stack`, `accept_sparse` and
`sparse_rows`; `..._ablation.py` takes its steps apart.
"""
