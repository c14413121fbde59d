using Fovea.Devices;

namespace Fovea.Training;

/// <summary>
/// For its life a model has the weights that are evaluated, the averages where there are any; then it has those that it trains with, and
/// its running statistics, to the bit.
/// </summary>
internal sealed class EvaluatedWeights : IDisposable
{
    private readonly DeviceModel model;
    private readonly bool averaged;
    private readonly float[] statistics;
    private bool stays;

    /// <param name="model">The weights.</param>
    /// <param name="averaged">Whether it has averages.</param>
    public EvaluatedWeights(DeviceModel model, bool averaged)
    {
        (this.model, this.averaged) = (model, averaged);
        if (averaged)
        {
            model.ExchangeAverages();
        }

        statistics = new float[model.Program.Description.StatisticsLength];
        DetectorState.ReadStatistics(model, statistics);
    }

    /// <summary>The training is over: the model keeps them.</summary>
    public void Stay() => stays = true;

    public void Dispose()
    {
        if (stays)
        {
            return;
        }

        DetectorState.WriteStatistics(model, statistics);
        if (averaged)
        {
            model.ExchangeAverages();
        }
    }
}
