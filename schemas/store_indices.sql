-- The indices of the advisory set: made after its first import, which is faster than growing them.
CREATE INDEX IF NOT EXISTS record_by_id ON record (id, feed);
CREATE INDEX IF NOT EXISTS record_ended ON record (until) WHERE until IS NOT NULL;
CREATE INDEX IF NOT EXISTS alias_other ON alias (other);
CREATE INDEX IF NOT EXISTS spoken_of ON speaks_of (id);
CREATE INDEX IF NOT EXISTS member_group ON member (gid);
CREATE INDEX IF NOT EXISTS package_by_name ON package (name, scheme, release);
CREATE INDEX IF NOT EXISTS claim_of_package ON claim (pid);
CREATE INDEX IF NOT EXISTS claim_of_record ON claim (rid);
CREATE INDEX IF NOT EXISTS past_claim_of_package ON past_claim (pid);
CREATE INDEX IF NOT EXISTS past_claim_of_record ON past_claim (rid);
