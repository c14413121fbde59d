using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using Fovea.App.Commands;
using Fovea.Files;

namespace Fovea.App.Diagnosis;

/// <summary>The program, what it runs on, and where it writes.</summary>
internal static class ProgramProbe
{
    private const string Topic = "program";
    private const string Writing = "writing";

    public static IEnumerable<Finding> Find(MachineView machine)
    {
        var program = ProgramVersion.Of(Assembly.GetEntryAssembly());
        var fovea = ProgramVersion.Of(typeof(Detector).Assembly);
        yield return new(Topic, "versions", Verdict.Ok, $"{RootCommand.ExecutableName} {program}, Fovea {fovea}");
        var compiled = machine.IsAheadOfTime ? "compiled ahead of time" : "compiled just in time";
        yield return new(Topic, "runtime", Verdict.Ok, $"{RuntimeInformation.FrameworkDescription}, {compiled}");
        yield return new(
            Topic, "system", Verdict.Ok,
            $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture} ({RuntimeInformation.RuntimeIdentifier})");
    }

    /// <summary>Whether commands can write where they do by default.</summary>
    /// <param name="folder">The working directory.</param>
    public static IEnumerable<Finding> FindFolders(string folder)
    {
        var output = Path.Combine(folder, "out");
        return Directory.Exists(output) ? [Folder(folder, "folder"), Folder(output, "out")] : [Folder(folder, "folder")];
    }

    private static Finding Folder(string folder, string name)
    {
        try
        {
            var file = Path.Combine(folder, Path.GetRandomFileName());
            AtomicFile.Write(file, Array.Empty<byte>());
            File.Delete(file);
            return new(Writing, name, Verdict.Ok, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(Writing, name, Verdict.Note, e.Message, "files that commands write; --out DIR names another folder");
        }
    }
}
