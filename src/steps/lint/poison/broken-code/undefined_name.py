"""Planted: a name that nothing defines."""

print(voicekey_poison_is_not_defined)
