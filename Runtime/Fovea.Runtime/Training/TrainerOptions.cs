using System.Globalization;
using Fovea.Checkpoints;

namespace Fovea;

/// <summary>How a detector is trained. The defaults train a small detector from random weights on a small data set.</summary>
public sealed record TrainerOptions
{
    /// <summary>Times that every image is seen.</summary>
    public int Epochs { get; init; } = 40;

    /// <summary>
    /// As many epochs as fit into this time, evaluations included, in place of <see cref="Epochs"/>; one at least. Some batches are timed
    /// before the first step (weights stay), the plan is made anew after the first epoch and later only shortened. A resumed training counts
    /// the time of all its parts. Null: <see cref="Epochs"/> counts.
    /// </summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>
    /// Images in a step; 0: as many as memory holds, in powers of 2, at most 16 on the CPU and 64 on CUDA, and so few that an epoch has 20
    /// steps. A resumed training keeps its number.
    /// </summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>
    /// Batches in a step: the plain mean of their gradients is clipped and moves the weights once, at the memory of one batch. Each batch
    /// has its own loss, normalised by its own foreground, and its own norm statistics. At an epoch's end the mean is over the batches
    /// that are left. Iterations are steps: of warm-up, schedule, averages, checkpoints and history.
    /// </summary>
    public int AccumulateBatches { get; init; } = 1;

    /// <summary>
    /// The rule that moves the weights; its <see cref="OptimizerOptions.LearningRate"/> is what schedule and warm-up multiply.
    /// </summary>
    public OptimizerOptions Optimizer { get; init; } = new AdamW();

    /// <summary>
    /// The batch size that the optimiser's learning rate is meant for: the rate is multiplied by the images of a step divided by this (linear
    /// scaling, arXiv:1706.02677). Null: the rate is taken as it is.
    /// </summary>
    public int? RateBatchSize { get; init; }

    /// <summary>
    /// Begins with the published weights of the declared backbone (<see cref="Detector.LoadPretrained"/>) and with first weights for all
    /// else. A detector that has weights of its own keeps them, and a resumed training goes on with its own.
    /// </summary>
    public bool Pretrained { get; init; }

    /// <summary>
    /// The backbone's learning rate, as a factor of that of pyramid and head, on top of <see cref="LayerDecay"/>; 0 or more. Null: 0.3 with
    /// <see cref="Pretrained"/>, else 1.
    /// </summary>
    public double? BackboneRate { get; init; }

    /// <summary>Parameters that are trained differently, by key prefix; the first that fits counts.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; init; } = [];

    /// <summary>
    /// Layer-wise learning rates: each stage of the backbone, from layer4 down to the stem, learns by this factor more slowly than the one
    /// behind it; pyramid and head with the full rate. For pretrained backbones; 1: all the same. <see cref="Groups"/> come first.
    /// </summary>
    public double LayerDecay { get; init; } = 1;

    /// <summary>Whether weight decay also applies to norms' scales and shifts and to biases.</summary>
    public bool DecayNormsAndBiases { get; init; }

    /// <summary>How the learning rate changes after warm-up.</summary>
    public LearningRateSchedule Schedule { get; init; } = new CosineSchedule();

    /// <summary>Iterations over which the learning rate rises; null: a twentieth of all, at most 1000 (torchvision's number).</summary>
    public int? WarmupIterations { get; init; }

    /// <summary>The first iteration's factor of the learning rate.</summary>
    public double WarmupStart { get; init; } = 0.001;

    /// <summary>Longer gradients are scaled down to this norm; 0: no clipping.</summary>
    public double MaxGradientNorm { get; init; } = 5;

    /// <summary>
    /// An average of the weights, which is what is evaluated, kept as best and last, and in the detector at the end. In between the detector
    /// has the weights that are trained, also when an epoch is reported as done. Null: the weights are evaluated and kept.
    /// </summary>
    public WeightAveraging? Averaging { get; init; }

    /// <summary>
    /// Before weights are evaluated, and at the end, batch norms' running statistics are replaced by their mean over so many training
    /// batches (at most an epoch) under these weights; 0: they are what training has. They are the first batches of the epoch that has
    /// been trained, varied as there. What training itself goes on with is not touched. Without norms of batch statistics it does nothing.
    /// </summary>
    public int NormBatches { get; init; }

    /// <summary>Decides order and augmentation of the images. First weights have a seed of their own, in Create.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How images are varied.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.Default;

    /// <summary>How often an epoch shows each image.</summary>
    public Sampling Sampling { get; init; }

    /// <summary>Of <see cref="Sampling.RepeatFactor"/>: classes that fewer than this share of images show are repeated, 0 … 1.</summary>
    public double RepeatThreshold { get; init; } = 0.1;

    /// <summary>Threads that decode and resize images.</summary>
    public int LoaderThreads { get; init; } = 1;

    /// <summary>Memory for decoded images, in bytes; 0 keeps none.</summary>
    public long CacheBytes { get; init; } = 512L << 20;

    /// <summary>Evaluates on the validation set after every so many epochs, and after the last; 0: never.</summary>
    public int EvaluateEvery { get; init; } = 1;

    /// <summary>
    /// Ends the training when so many epochs have passed since the best one; 0: never. Needs a validation set. May be another when resumed.
    /// </summary>
    public int Patience { get; init; }

    /// <summary>
    /// Whether the losses are measured on the validation set, too, whenever it is evaluated: about as long again. They are computed as in
    /// training, with the batch's statistics where norms take these in training, under the weights that are evaluated.
    /// </summary>
    public bool ValidationLoss { get; init; } = true;

    /// <summary>
    /// Where <c>best.safetensors</c>, <c>last.safetensors</c>, <c>training.safetensors</c> (everything that resuming needs) and
    /// <c>history.jsonl</c> go;
    /// null: nothing is written.
    /// </summary>
    public string? Folder { get; init; }

    /// <summary>
    /// Time between two writes of last and training.safetensors, in the middle of an epoch, too: what a crash can cost. Zero: after every step.
    /// Both are always written before the first step, at the end, on cancellation, and when something goes wrong.
    /// </summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Steps between two such writes, whatever the time; 0: time alone decides.</summary>
    public int CheckpointSteps { get; init; }

    /// <summary>
    /// Goes on from <c>training.safetensors</c> in <see cref="Folder"/>, which must be there: with the same bits as if it had never stopped. A
    /// finished training may be given more <see cref="Epochs"/>.
    /// </summary>
    public bool Resume { get; init; }

    /// <summary>
    /// Replaces the run that <see cref="Folder"/> has, if it has one. Without this and without <see cref="Resume"/> such a folder is refused.
    /// </summary>
    public bool Overwrite { get; init; }

    /// <summary>What happens when a loss or a gradient becomes infinite or NaN.</summary>
    public OnDivergence OnDivergence { get; init; }

    /// <summary>
    /// How the files in <see cref="Folder"/> are read when it resumes: by class names, where the enum has been put into another order since.
    /// </summary>
    public LoadOptions? Loading { get; init; }

    /// <summary>Puts the weights of the best epoch into the detector at the end. Needs a validation set and a folder.</summary>
    public bool RestoreBest { get; init; } = true;

    /// <summary>
    /// Called with the options as they were resolved when the folder is this training's: what another run has left there may go.
    /// </summary>
    internal Action<TrainerOptions>? Begun { get; init; }

    /// <summary>The backbone's factor as it is.</summary>
    internal double BackboneFactor => BackboneRate ?? (Pretrained ? PretrainedBackbone.Rate : 1);

    /// <summary>Warm-up for a training of so many iterations.</summary>
    internal int WarmupFor(int iterations) => WarmupIterations ?? (Schedule.HasOwnWarmup ? 0 : Math.Min(1000, iterations / 20));

    internal void Validate()
    {
        Check(Epochs >= 1, nameof(Epochs), Epochs, "1 or more");
        Check(TimeLimit is null || TimeLimit > TimeSpan.Zero, nameof(TimeLimit), TimeLimit?.TotalSeconds ?? 0, "more than 0 seconds");
        Check(BatchSize >= 0, nameof(BatchSize), BatchSize, "1 or more, or 0 for as many as memory holds");
        Check(RateBatchSize is null or >= 1, nameof(RateBatchSize), RateBatchSize ?? 0, "1 or more");
        Check(LayerDecay is > 0 and <= 1, nameof(LayerDecay), LayerDecay, "greater than 0, at most 1");
        Check(BackboneRate is null or (>= 0 and <= 1000), nameof(BackboneRate), BackboneRate ?? 0, "0 … 1000");
        Check(Patience >= 0, nameof(Patience), Patience, "0 or more epochs");
        Check(AccumulateBatches >= 1, nameof(AccumulateBatches), AccumulateBatches, "1 or more");
        Check(NormBatches >= 0, nameof(NormBatches), NormBatches, "0 or more");
        Averaging?.Validate();
        Check(WarmupIterations is null or >= 0, nameof(WarmupIterations), WarmupIterations ?? 0, "0 or more");
        Check(WarmupStart is > 0 and <= 1, nameof(WarmupStart), WarmupStart, "greater than 0, at most 1");
        Check(MaxGradientNorm >= 0, nameof(MaxGradientNorm), MaxGradientNorm, "0 or more");
        Check(EvaluateEvery >= 0, nameof(EvaluateEvery), EvaluateEvery, "0 or more");
        Check(CheckpointInterval >= TimeSpan.Zero, nameof(CheckpointInterval), CheckpointInterval.TotalSeconds, "0 or more seconds");
        Check(CheckpointSteps >= 0, nameof(CheckpointSteps), CheckpointSteps, "0 or more");
        Check(LoaderThreads is >= 1 and <= LoaderOptions.MostThreads, nameof(LoaderThreads), LoaderThreads, $"1 … {LoaderOptions.MostThreads}");
        Check(CacheBytes >= 0, nameof(CacheBytes), CacheBytes, "0 or more bytes");
        Check(Enum.IsDefined(Sampling), nameof(Sampling), (int)Sampling, "a member of the enum");
        Check(RepeatThreshold is >= 0 and <= 1, nameof(RepeatThreshold), RepeatThreshold, "0 … 1");
        Augmentation.Check();
        Check(Enum.IsDefined(OnDivergence), nameof(OnDivergence), (int)OnDivergence, "a member of the enum");
        Refuse(Patience > 0 && EvaluateEvery == 0, "Patience waits for a better AP, and EvaluateEvery = 0 never measures one");
        Refuse(Resume && Folder is null, "Resume needs a Folder to resume from");
        Refuse(Resume && Overwrite, "Resume goes on with the Folder's run, Overwrite replaces it: only one of them can be meant");
        Refuse(OnDivergence == OnDivergence.Rollback && Folder is null, "OnDivergence.Rollback needs a Folder, whose checkpoint it goes back to");
        Optimizer.Validate();
        Schedule.Validate();
    }

    /// <summary>
    /// What a resumed training must have in common with the one that was stopped: name and value of everything that decides the
    /// weights. Only a finished training may have more epochs.
    /// </summary>
    internal (string Name, string Value)[] Decisive(int images)
    {
        // Records print their numbers in the culture of the machine, and a training may be resumed on another.
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            return
            [
                (nameof(Epochs), TimeLimit is null ? $"{Epochs}" : "as many as fit"),
                (nameof(BatchSize), $"{BatchSize}"),
                (nameof(AccumulateBatches), $"{AccumulateBatches}"),
                (nameof(Optimizer), Optimizer.ToString()),
                (nameof(RateBatchSize), $"{RateBatchSize}"),
                (nameof(Groups), string.Join("; ", Groups)),
                (nameof(LayerDecay), BackboneFactor == 1 ? $"{LayerDecay:R}" : $"{LayerDecay:R}, backbone {BackboneFactor:R}"),
                (nameof(DecayNormsAndBiases), $"{DecayNormsAndBiases}"),
                (nameof(Schedule), Schedule is MultiStepSchedule m ? $"γ {m.Gamma} at {string.Join(", ", m.Milestones)}" : Schedule.ToString()),
                (nameof(WarmupIterations), $"{WarmupIterations}"),
                (nameof(WarmupStart), $"{WarmupStart:R}"),
                (nameof(MaxGradientNorm), $"{MaxGradientNorm:R}"),
                (nameof(Averaging), Averaging?.ToString() ?? "none"),
                (nameof(NormBatches), $"{NormBatches}"),
                (nameof(Seed), $"{Seed}"),
                (nameof(Augmentation), Augmentation.ToString()),
                (nameof(Sampling), Sampling == Sampling.RepeatFactor ? $"{Sampling} {RepeatThreshold:R}" : $"{Sampling}"),
                ("images", $"{images}"),
            ];
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    private static void Refuse(bool when, string why)
    {
        if (when)
        {
            throw new ArgumentException($"TrainerOptions: {why}.");
        }
    }

    private static void Check(bool ok, string field, double found, string expected)
    {
        if (!ok)
        {
            throw new ArgumentException(FormattableString.Invariant($"TrainerOptions.{field} is {found}: expected {expected}."));
        }
    }
}
