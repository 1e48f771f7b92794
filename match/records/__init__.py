"""From a feed's file to single records and what they are made of: archives, ids, times, ranges."""
