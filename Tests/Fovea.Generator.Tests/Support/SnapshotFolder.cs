using System.Runtime.CompilerServices;
using System.Text;
using Snapshooter;
using Snapshooter.Xunit;

namespace Fovea.Tests.Support;

/// <summary>
/// Snapshots of one scenario, in a folder of its own beside the test. Strict: a missing snapshot fails, a snapshot that nothing compares
/// with fails. <c>FOVEA_UPDATE_SNAPSHOTS=1</c> writes them anew; read the difference before committing it.
/// </summary>
/// <param name="scenario">The folder's name.</param>
/// <param name="test">The test's source file: the compiler fills it in.</param>
internal sealed class SnapshotFolder(string scenario, [CallerFilePath] string test = "")
{
    private const string UpdateVariable = "FOVEA_UPDATE_SNAPSHOTS";

    private readonly string folder = Path.Combine(Path.GetDirectoryName(test)!, scenario);

    private static bool Updates => Environment.GetEnvironmentVariable(UpdateVariable) == "1";

    [ModuleInitializer]
    internal static void BeStrict() => Environment.SetEnvironmentVariable("SNAPSHOOTER_STRICT_MODE", Updates ? "false" : "true");

    /// <summary>Compares all files of the scenario with its snapshots.</summary>
    public void AssertMatches(IReadOnlyList<(string Name, string Text)> files)
    {
        var problems = new StringBuilder();
        foreach (var (name, text) in files)
        {
            problems.Append(Compare(name, text));
        }

        var snapshots = Path.Combine(folder, "__snapshots__");
        var orphans = Directory.Exists(snapshots)
            ? Directory.GetFiles(snapshots).Select(path => Path.GetFileName(path)!).Except(files.Select(file => FileName(file.Name)))
            : [];
        foreach (var orphan in orphans.Order(StringComparer.Ordinal))
        {
            problems.Append("orphaned snapshot ").Append(orphan).Append(": no file of this name is generated any more; delete it\n");
        }

        Assert.True(problems.Length == 0, problems.ToString());
    }

    private static string FileName(string name) => name + ".snap";

    private string Compare(string name, string text)
    {
        var path = Path.Combine(folder, "__snapshots__", FileName(name));
        if (Updates && File.Exists(path))
        {
            File.Delete(path);
        }

        var exists = File.Exists(path);
        try
        {
            Snapshot.Match(text, new SnapshotFullName(FileName(name), folder));
            return "";
        }
        catch (Exception difference)
        {
            return exists
                ? FirstDifference(name, File.ReadAllText(path), text)
                : $"{name}: no snapshot ({difference.Message.Split('\n')[0].Trim()}); expected {FileName(name)}, "
                    + $"write it with {UpdateVariable}=1\n";
        }
    }

    /// <summary>The first differing line with the two before it, as it was and as it is.</summary>
    private static string FirstDifference(string name, string expected, string actual)
    {
        var (was, now) = (Lines(expected), Lines(actual));
        var first = Enumerable.Range(0, Math.Max(was.Length, now.Length)).First(i => At(was, i) != At(now, i));
        var text = new StringBuilder($"{name} differs from its snapshot at line {first + 1}:\n");
        for (var i = Math.Max(0, first - 2); i < first; i++)
        {
            text.Append("    ").Append(was[i]).Append('\n');
        }

        for (var i = first; i < first + 3; i++)
        {
            text.Append("  - ").Append(At(was, i)).Append("\n  + ").Append(At(now, i)).Append('\n');
        }

        return text.ToString();
    }

    private static string[] Lines(string text) => text.Replace("\r", "", StringComparison.Ordinal).TrimEnd('\n').Split('\n');

    private static string At(string[] lines, int index) => index < lines.Length ? lines[index] : "(end)";
}
