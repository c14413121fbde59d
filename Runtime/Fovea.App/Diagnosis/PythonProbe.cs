using System.Globalization;

namespace Fovea.App.Diagnosis;

/// <summary>The Python that <c>verify --torch</c> runs.</summary>
internal static class PythonProbe
{
    private const string Topic = "Python";
    private const string Comparing = "verify --torch";
    private static readonly Version Oldest = new(0, 13);

    // They are imported, as verify does: one that is installed and broken is missing.
    private const string Script = """
        import sys
        print('python', sys.version.split()[0])
        print('file', sys.executable)
        for name in ('torch', 'torchvision'):
            try:
                print(name, __import__(name).__version__)
            except Exception as e:
                print(name, '!' + type(e).__name__ + ': ' + str(e).split('\n')[0])
        """;

    /// <param name="machine">Where.</param>
    /// <param name="python">Which.</param>
    /// <param name="isAsked">Whether what is missing is a problem.</param>
    /// <param name="cancellation">Ends it.</param>
    public static IEnumerable<Finding> Find(MachineView machine, string python, bool isAsked, CancellationToken cancellation)
    {
        var missing = isAsked ? Verdict.Problem : Verdict.Note;
        var remedies = new Remedies(machine);
        Dictionary<string, string> answers;
        try
        {
            answers = machine.Python(python, Script, cancellation).Split('\n', StringSplitOptions.TrimEntries)
                .Select(l => l.Split(' ', 2)).Where(l => l.Length == 2)
                .GroupBy(l => l[0], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last()[1], StringComparer.Ordinal);
        }
        catch (IOException e)
        {
            return [new(Topic, python, missing, e.Message, Comparing, remedies.Interpreter(python))];
        }

        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return [new(Topic, python, missing, "it did not answer in time", Comparing, remedies.Interpreter(python))];
        }

        var file = answers.GetValueOrDefault("file", "");
        var command = remedies.Torchvision(python, file);
        return
        [
            new(Topic, python, Verdict.Ok, $"{answers.GetValueOrDefault("python", "unknown version")}, {file}"),
            .. ((string[])["torch", "torchvision"]).Select(name =>
            {
                var found = answers.GetValueOrDefault(name, "!no answer");
                return found.StartsWith('!')
                    ? new Finding(Topic, name, missing, $"not found ({found[1..]})", Comparing, command)
                    : name == "torchvision" && VersionOf(found) < Oldest
                    ? new Finding(Topic, name, missing, $"{found}, expected {Oldest} or later", Comparing, command)
                    : new Finding(Topic, name, Verdict.Ok, found);
            }),
        ];
    }

    /// <summary>0.21 of 0.21.0+cpu; what is none is new enough.</summary>
    private static Version VersionOf(string text)
    {
        var parts = text.Split('.', '+');
        return parts.Length >= 2 && int.TryParse(parts[0], CultureInfo.InvariantCulture, out var major)
            && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var minor) ? new Version(major, minor) : Oldest;
    }
}
