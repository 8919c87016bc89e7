"""What a model computes on a sound, as a picture: what it hears, where it looks, what parts files.

`sound` scores a recording, `capture` takes down what the network computes on one window of it,
`departure` compares an exported file; `picture` and `page` draw all of that.
"""
