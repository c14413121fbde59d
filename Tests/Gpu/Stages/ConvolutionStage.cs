using Fovea.Cuda.Cudnn;
using Fovea.Gpu.Convolutions;
using Fovea.Gpu.Running;

namespace Fovea.Gpu.Stages;

/// <summary>4: convolutions, small ones against the reference, ResNet-50's by everyone who can.</summary>
internal sealed class ConvolutionStage : IStage
{
    private const int Images = 8;
    private const int Size = 800;
    private const int Classes = 91;

    /// <summary>Seconds after which no further shape is begun.</summary>
    private const double Budget = 240;

    /// <inheritdoc/>
    public string Name => "convolutions";

    /// <inheritdoc/>
    public void Run(StageContext context)
    {
        using var device = new ConvolutionDevice(context.Machine);
        if (device.Library is null)
        {
            context.Tell("cuDNN", StageContext.NoNumbers, null);
        }
        else
        {
            Precision[] precisions = context.Options.Quick ? [Precision.BFloat16, Precision.Float32] : Enum.GetValues<Precision>();
            foreach (var precision in precisions)
            {
                context.Try($"small shapes {precision}", () => SmallConvolutions.Run(context, device, precision));
            }
        }

        if (context.Machine.TakesLargeModels)
        {
            Race(context, device);
        }
    }

    private static void Race(StageContext context, ConvolutionDevice device)
    {
        var quick = context.Options.Quick;
        var options = new CudnnOptions { Candidates = quick ? 3 : 5, Repetitions = 3, WorkspaceLimit = 512 << 20, CacheFolder = "" };
        var race = new ConvolutionRace(context, device, device.Library is null ? null : device.Open(Precision.BFloat16, options));
        var convolutions = quick
            ? ResNet50Convolutions.Some(Images, Size, Classes)
            : ResNet50Convolutions.All(Images, Size, Classes);
        foreach (var convolution in convolutions)
        {
            if (context.Seconds > Budget)
            {
                context.Tell($"{convolution.Shape.Name} and what follows", "left out: the stage's time is spent", null);
                break;
            }

            foreach (var direction in Enum.GetValues<ConvolutionDirection>())
            {
                if (convolution.Shape.Name != "stem" || direction != ConvolutionDirection.BackwardData)
                {
                    race.Run(convolution, direction);
                }
            }
        }

        race.TellTotals();
    }
}
