using Fovea.Generator.Heads.RetinaNet;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Tests.Support;

/// <summary>The head's parts of a spec, as tests read and change them.</summary>
internal static class RetinaNetParts
{
    extension(ModelSpec spec)
    {
        public AnchorSpec Anchors => RetinaNetSpec.Of(spec).Anchors;

        public TowerSpec Towers => RetinaNetSpec.Of(spec).Towers;

        public ClassificationLossSpec ClassificationLoss => RetinaNetSpec.Of(spec).ClassificationLoss;

        public BoxLossSpec BoxLoss => RetinaNetSpec.Of(spec).BoxLoss;

        public MatchingSpec Matching => RetinaNetSpec.Of(spec).Matching;

        public PostProcessingSpec PostProcessing => RetinaNetSpec.Of(spec).PostProcessing;

        /// <summary>The same model with another head.</summary>
        public ModelSpec WithHead(Func<RetinaNetSpec, RetinaNetSpec> change) => spec with { Head = change(RetinaNetSpec.Of(spec)) };
    }
}
