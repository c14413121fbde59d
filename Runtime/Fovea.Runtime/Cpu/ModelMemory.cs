namespace Fovea.Cpu;

/// <summary>
/// The buffers that belong to a model, whatever sessions use it: parameters, gradients, statistics, folded weights, optimiser state.
/// Several inference sessions read them at once; one training session at a time writes them.
/// </summary>
internal sealed class ModelMemory : IDisposable
{
    private NativeBuffer? gradients;
    private NativeBuffer? gradientSums;
    private NativeBuffer? averagedParameters;
    private NativeBuffer? averagedStatistics;

    public ModelMemory(ModelDescription description)
    {
        Description = description;
        Packed = new PackedWeights();
        Parameters = new NativeBuffer(description.ParameterLength);
        try
        {
            Statistics = new NativeBuffer(description.StatisticsLength);
            Folded = new NativeBuffer(description.FoldedLength);
        }
        catch
        {
            Parameters.Dispose();
            Statistics?.Dispose();
            throw;
        }
    }

    public ModelDescription Description { get; }

    public NativeBuffer Parameters { get; }

    /// <summary>Allocated when training first asks for it.</summary>
    public NativeBuffer Gradients => gradients ??= new NativeBuffer(Description.TrainableLength);

    /// <summary>Of a step's batches before its last. Allocated when a step of several batches first asks for it.</summary>
    public NativeBuffer GradientSums => gradientSums ??= new NativeBuffer(Description.TrainableLength);

    public NativeBuffer Statistics { get; }

    public NativeBuffer Folded { get; }

    /// <summary>Momentum, or Adam's first moment.</summary>
    public NativeBuffer? FirstMoment { get; private set; }

    /// <summary>Adam's second moment.</summary>
    public NativeBuffer? SecondMoment { get; private set; }

    /// <summary>AMSGrad's greatest second moment.</summary>
    public NativeBuffer? GreatestSecondMoment { get; private set; }

    /// <summary>Averages of the learned parameters; allocated when a training first asks for it.</summary>
    public NativeBuffer AveragedParameters => averagedParameters ??= new NativeBuffer(Description.TrainableLength);

    /// <summary>Averages of the running statistics; allocated when a training first asks for it.</summary>
    public NativeBuffer AveragedStatistics => averagedStatistics ??= new NativeBuffer(Description.StatisticsLength);

    /// <summary>Weights in the kernels' own order, each made once for each version of its source.</summary>
    public PackedWeights Packed { get; }

    /// <summary>Rises with every change of the parameters; packed weights made from older ones are stale.</summary>
    public long ParametersVersion { get; private set; } = 1;

    /// <summary>Rises with every change of the running statistics.</summary>
    public long StatisticsVersion { get; private set; } = 1;

    /// <summary>Rises with every folding.</summary>
    public long FoldedVersion { get; private set; } = 1;

    public void ParametersChanged() => ParametersVersion++;

    public void StatisticsChanged() => StatisticsVersion++;

    public void FoldedChanged() => FoldedVersion++;

    /// <summary>Allocates optimiser state: 1 momentum, 2 moments, 3 with AMSGrad.</summary>
    public void EnsureMoments(int count)
    {
        FirstMoment ??= count >= 1 ? new NativeBuffer(Description.TrainableLength) : null;
        SecondMoment ??= count >= 2 ? new NativeBuffer(Description.TrainableLength) : null;
        GreatestSecondMoment ??= count >= 3 ? new NativeBuffer(Description.TrainableLength) : null;
    }

    public void Dispose()
    {
        Parameters.Dispose();
        gradients?.Dispose();
        gradientSums?.Dispose();
        averagedParameters?.Dispose();
        averagedStatistics?.Dispose();
        Statistics.Dispose();
        Folded.Dispose();
        FirstMoment?.Dispose();
        SecondMoment?.Dispose();
        GreatestSecondMoment?.Dispose();
        Packed.Dispose();
    }
}
