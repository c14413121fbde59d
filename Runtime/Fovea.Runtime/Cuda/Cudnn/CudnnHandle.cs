using System.Globalization;

namespace Fovea.Cuda.Cudnn;

/// <summary>A cuDNN context on the current CUDA context, with the stream that it works on. For one thread at a time.</summary>
internal sealed class CudnnHandle : IDisposable
{
    private const int Major = 9;
    private readonly ICudnnLibrary library;
    private nint value;
    private nint stream;

    /// <summary>Checks the version and opens a context.</summary>
    /// <exception cref="CudaException">The library is of another major version, or does not start.</exception>
    public CudnnHandle(ICudnnLibrary library)
    {
        this.library = library;
        Version = Require(library);
        CudnnStatus.Check(library, library.Create(out value), "cudnnCreate");
    }

    /// <summary>cuDNN's handle.</summary>
    public nint Value => value;

    /// <summary>As cudnnGetVersion counts it: 91002 for 9.10.2.</summary>
    public int Version { get; }

    /// <summary>The version as people write it.</summary>
    public string VersionText => Text(Version);

    /// <summary>Later work goes to the stream; a call to cuDNN only where it changes.</summary>
    public void Use(CudaStream next)
    {
        if (next.Handle != stream)
        {
            CudnnStatus.Check(library, library.SetStream(value, next.Handle), "cudnnSetStream");
            stream = next.Handle;
        }
    }

    /// <summary>The library's version.</summary>
    /// <exception cref="CudaException">It is of another major version.</exception>
    internal static int Require(ICudnnLibrary library)
    {
        var version = checked((int)library.GetVersion());
        return MajorOf(version) == Major ? version : throw new CudaException(
            CudaFailure.Cudnn,
            $"cuDNN ({library.Description}) is version {Text(version)}, but Fovea needs 9: {CudnnStatus.HowToInstall}.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (value != 0)
        {
            // What could be told about a context that does not close would come too late.
            _ = library.Destroy(value);
            value = 0;
        }
    }

    /// <summary>Until 8.9 a version was major · 1000 + minor · 100 + patch.</summary>
    private static int MajorOf(int version) => version >= 90000 ? version / 10000 : version / 1000;

    /// <summary>A version as people write it, 9.10.2 for 91002.</summary>
    internal static string Text(int version) => version >= 90000
        ? string.Create(CultureInfo.InvariantCulture, $"{version / 10000}.{version / 100 % 100}.{version % 100}")
        : string.Create(CultureInfo.InvariantCulture, $"{version / 1000}.{version / 100 % 10}.{version % 100}");
}
