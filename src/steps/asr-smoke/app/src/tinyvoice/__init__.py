"""A voice application of a few pages that understands three tones: the ground on which speech checks are proved."""
