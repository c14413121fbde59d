using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Fovea.App.Commands;

/// <summary><c>--version</c>: the program's and Fovea's, in a line.</summary>
internal sealed class ProgramVersion : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine(
            $"{RootCommand.ExecutableName} {Of(Assembly.GetEntryAssembly())} (Fovea {Of(typeof(Detector).Assembly)})");
        return ExitCode.Done;
    }

    /// <summary>Without the revision that builds add.</summary>
    internal static string Of(Assembly? assembly) =>
        assembly?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
