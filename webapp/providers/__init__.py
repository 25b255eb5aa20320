"""The vendors that ring phones: only here is HTTP spoken to one."""
