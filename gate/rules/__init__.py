"""What a stage of a policy asks of one finding, and what softens the answer.

conditions: the rules. expressions: conditions in CEL. ssvc: CISA's tree. classes: what is left out.
reliefs: what softens. baseline: what was there before. said: what all of them give and get.
"""
