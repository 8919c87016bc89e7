"""One page about a model: what it is, how often it is right, how near its files are, their cost.

`plan` says what is asked, `tasks` turns that into measurements by the functions of the other
commands, `kept` holds what is finished, `page` writes what came of it. Only `tasks` needs torch.
"""
