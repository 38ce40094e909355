"""The intermediate representation: types, operations, nodes, text form. Imports nothing of ours."""
