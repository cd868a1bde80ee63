"""Pure rules: which milestone triggers which term, how much that is, when it is due. No I/O, no clock."""
