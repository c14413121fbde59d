using Fovea.Cuda.Checks.Cudnn;
using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda.Tests.Cudnn;

/// <summary>Tests that provoke the simulated cuDNN share its process-wide environment, so they run one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SerialSimulator
{
    public const string Name = "Simulated cuDNN";
}

/// <summary>A test's driver, stream and cuDNN; at the end nothing may be left of what it created.</summary>
public abstract class SimulatorTest : IDisposable
{
    private readonly int descriptors;
    private readonly int handles;

    protected SimulatorTest()
    {
        Skip.IfNot(Simulator.Unavailable.Length == 0, Simulator.Unavailable);
        (descriptors, handles) = (Simulator.Descriptors, Simulator.Handles);
        Stream = Driver.CreateStream();
    }

    private protected static CudnnSimulator Simulator => CudnnSimulator.Shared;

    private protected static CudnnLibrary Library => Simulator.Library!;

    private protected HostDriver Driver { get; } = new();

    private protected CudaStream Stream { get; }

    /// <summary>Nothing is timed and nothing remembered.</summary>
    private protected static CudnnOptions Plain { get; } = new() { Autotune = false, CacheFolder = "" };

    public void Dispose()
    {
        Driver.Dispose();
        if (Simulator.Unavailable.Length == 0)
        {
            Assert.Equal(descriptors, Simulator.Descriptors);
            Assert.Equal(handles, Simulator.Handles);
        }

        GC.SuppressFinalize(this);
    }

    private protected CudnnConvolutions Open(CudnnOptions? options = null, bool legacy = false, Precision precision = Precision.BFloat16) =>
        new(Driver, Library, precision, Driver.GetDevice(0), options ?? Plain, legacy ? Simulator.Legacy : null);

    private protected float[] Run(CudnnConvolutions convolutions, ConvolutionShape shape, int seed = 1, bool inPlace = false)
    {
        Assert.True(convolutions.TryPrepare(shape, out var plan), convolutions.Refusal);
        return new ConvolutionCheck(Driver, Stream, shape, seed).Run(convolutions, plan, inPlace);
    }
}
