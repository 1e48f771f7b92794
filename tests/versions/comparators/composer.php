<?php
// Composer\Semver\Comparator over pairs on standard input, without a leading v: -1, 0 or 1; x where
// it has no order: two branches, and versions that PHP finds unequal to themselves (a separator at
// the end).
require '/usr/share/php/Composer/Semver/autoload.php';
use Composer\Semver\Comparator;

while (($line = fgets(STDIN)) !== false) {
    [$a, $b] = array_map(fn ($v) => preg_replace('/^v/i', '', $v), explode("\t", rtrim($line, "\n")));
    $branches = str_starts_with($a, 'dev-') && str_starts_with($b, 'dev-');
    if ($branches || version_compare($a, $a) !== 0 || version_compare($b, $b) !== 0) {
        echo "x\n";
    } else {
        echo (int) Comparator::greaterThan($a, $b) - (int) Comparator::lessThan($a, $b), "\n";
    }
}
