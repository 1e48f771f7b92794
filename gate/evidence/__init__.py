"""Evidence bundles: what a period's records say of each sentence of a standard, in numbers.

model: the nouns. inventory: which images there are. gather: the facts of a period from the store.
controls: the sentences, one file per framework. lacking, measures: facts to n of m. assess: to a
status. tables, oscal, page: the same to read. bundle: all as files with digests. verify: later.
"""
