# Gem::Version over pairs on standard input: -1, 0, 1, or x where it refuses one of them.
STDIN.each_line(chomp: true) do |line|
  a, b = line.split("\t", -1)
  if Gem::Version.correct?(a) && Gem::Version.correct?(b)
    puts Gem::Version.new(a) <=> Gem::Version.new(b)
  else
    puts "x"
  end
end
