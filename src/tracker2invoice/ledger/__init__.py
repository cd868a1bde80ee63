"""The durable memory: what was seen, claimed, sent and answered, and a hash-chained journal of it all."""
