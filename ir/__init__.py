"""The intermediate representation: types, operations, nodes, diagnostics. Imports nothing of ours."""
