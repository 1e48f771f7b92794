# One line of standard input: VERSION, tab, requirements joined by "|". Answers whether one holds.
STDIN.each_line do |line|
  version, requirements = line.chomp.split("\t", -1)
  begin
    held = requirements.split("|").any? do |text|
      Gem::Requirement.new(*text.split(",").map(&:strip)).satisfied_by?(Gem::Version.new(version))
    end
    puts held ? 1 : 0
  rescue ArgumentError
    puts "x"
  end
end
