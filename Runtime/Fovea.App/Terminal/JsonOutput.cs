namespace Fovea.App.Terminal;

/// <summary>
/// While a command speaks to programs (<c>--json</c>): the output stream takes JSON alone, and what is written for people goes to the error
/// stream, whoever writes it.
/// </summary>
internal sealed class JsonOutput : IDisposable
{
    private readonly TextWriter output = Console.Out;

    private JsonOutput()
    {
        Console.SetOut(Console.Error);
        Current = this;
    }

    /// <summary>That of the command that runs; null where it speaks to people.</summary>
    public static JsonOutput? Current { get; private set; }

    /// <summary>Begins, if it is asked for; its disposal ends it.</summary>
    public static JsonOutput? BeginIf(bool wanted) => wanted ? new JsonOutput() : null;

    /// <summary>Writes a line at once: a reader at the other end of a pipe waits for it.</summary>
    public void WriteLine(string json)
    {
        output.WriteLine(json);
        output.Flush();
    }

    public void Dispose()
    {
        Console.SetOut(output);
        Current = null;
    }
}
