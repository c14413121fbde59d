using System.Runtime.InteropServices;

namespace Fovea.App;

/// <summary>
/// What Ctrl+C and SIGTERM do to a program: the first asks the work to end, which it does after the step that runs, however long that takes;
/// the second ends the process at once. Files are whole either way, as each is written beside and renamed.
/// </summary>
internal sealed class Interruption : IDisposable
{
    /// <summary>What work that heeded a wish to stop ends with, whoever wished it.</summary>
    public const int Interrupted = 130;

    private const int Terminated = 143;

    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration interrupt;
    private readonly PosixSignalRegistration terminate;
    private int signals;
    private volatile int code;

    private Interruption()
    {
        interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Handle(context, Interrupted));
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Handle(context, Terminated));
    }

    /// <summary>Runs work that ends with an exit code; 130 becomes 143 where it was SIGTERM that interrupted it.</summary>
    /// <param name="work">Should heed the token, and say <see cref="Interrupted"/> where it did.</param>
    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> work)
    {
        using var interruption = new Interruption();
        var result = await work(interruption.source.Token).ConfigureAwait(false);
        return result == Interrupted && interruption.code != 0 ? interruption.code : result;
    }

    public void Dispose()
    {
        interrupt.Dispose();
        terminate.Dispose();
        source.Dispose();
    }

    private void Handle(PosixSignalContext context, int exitCode)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref signals) > 1)
        {
            Environment.Exit(exitCode);
        }

        code = exitCode;
        Console.Error.WriteLine("interrupted: what runs is brought to its end and saved; interrupt once more to leave at once");
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The work ended by itself in this moment.
        }
    }
}
