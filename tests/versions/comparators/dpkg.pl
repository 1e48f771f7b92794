# Dpkg::Version over pairs on standard input: -1, 0, 1, or x where it refuses one of them, or should
# (dpkg itself wants something after the first colon, the Perl module does not ask).
use strict;
use warnings;
use Dpkg::Version;

$SIG{__WARN__} = sub { };
while (my $line = <STDIN>) {
    chomp $line;
    my ($left, $right) = map { Dpkg::Version->new($_, check => 1) } split /\t/, $line, -1;
    my $empty = $line =~ /:(?:\t|$)/;
    print !$empty && defined $left && defined $right ? $left <=> $right : 'x', "\n";
}
