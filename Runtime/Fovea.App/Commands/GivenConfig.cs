using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary>The options that a file gives to a command line, but for those that stand there already.</summary>
internal sealed class GivenConfig
{
    private readonly Dictionary<Option, ConfigFile.Entry> given = [];
    private readonly ConfigFile file;

    /// <param name="file">As it was read.</param>
    /// <param name="parsed">The command line without it; its other errors do not matter.</param>
    /// <exception cref="UsageException">The command has no such option.</exception>
    public GivenConfig(ConfigFile file, ParseResult parsed)
    {
        this.file = file;
        var command = parsed.CommandResult.Command;
        var options = CommandLine.OptionsOf(command).ToArray();
        var onLine = GivenOptions.Of(parsed, options).ToHashSet(StringComparer.Ordinal);
        foreach (var entry in file.Entries)
        {
            var option = Array.Find(options, o => Keys(o).Contains(entry.Key, StringComparer.Ordinal)) ?? throw ConfigFile.Problem(
                file.Path, entry.Line, $"{command.Name} has no option \"{entry.Key}\"{Nearest.Hint(entry.Key, options.SelectMany(Keys))}");
            if (given.Any(g => g.Key == option))
            {
                throw ConfigFile.Problem(
                    file.Path, entry.Line, $"\"{entry.Key}\" is another name for \"{given[option].Key}\": give one of them.");
            }

            if (entry.Values.Count > 0 && !onLine.Contains(option.Name) && !GivenOptions.Excludes(onLine, option.Name))
            {
                given[option] = entry;
            }
        }
    }

    /// <summary>As they would stand on the command line.</summary>
    public IEnumerable<string> Arguments => given.SelectMany(g => Words(g.Key, g.Value));

    /// <summary>"FILE, line N: " where a file's line is at fault, else nothing.</summary>
    public string Place(Option? option) => option is not null && given.TryGetValue(option, out var entry)
        ? FormattableString.Invariant($"{file.Path}, line {entry.Line}: ")
        : "";

    private static IEnumerable<string> Words(Option option, ConfigFile.Entry entry)
    {
        if (option.ValueType != typeof(bool) || entry.Values.Count > 1 || !bool.TryParse(entry.Values[0], out var flag))
        {
            return entry.Values.Select(v => $"{option.Name}={v}");
        }

        // A flag that is not set is one that is not given: some refuse others.
        return flag ? [option.Name] : [];
    }

    private static IEnumerable<string> Keys(Option option) => option.Aliases.Prepend(option.Name).Select(n => n.TrimStart('-'));
}
